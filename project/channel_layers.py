from typing import Any


def from_environment(redis_url: str | None, capacity: int) -> dict[str, Any]:
    """The layer of one process in memory, or Redis pub/sub between several. `capacity` is messages per channel."""
    if redis_url:
        return {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url]},
        }
    return {"BACKEND": "chatinterface.layers.InMemoryChannelLayer", "CONFIG": {"capacity": capacity}}
