"""What a server has to bear, and what must be left behind of it: nothing."""

from benchmarks.budgets import Budget

LEFT = (
    ("memory", "memory, MB", 4),
    ("tasks", "tasks", 0),
    ("threads", "threads", 0),
    ("connections", "database connections", 0),
    ("joined", "members of groups", 0),
    ("channels", "channels", 0),
)

BUDGETS = (
    Budget("streams_incomplete", "100 streams of 50 tokens/s: not complete", 0),
    Budget("streams_gap_p95_ms", "100 streams: gap between patches, p95, ms", 150),
    Budget("streams_first_p95_ms", "100 streams, 20 more each second: send to first text, p95, ms", 250),
    Budget("streams_slowness", "100 streams: time until complete, p95, × that of the tokens", 1.1),
    Budget("streams_cpu_ms", "100 streams: processor time for each second of a stream, ms", 10),
    Budget("burst_incomplete", "100 streams asked for at once: not complete", 0),
    Budget("burst_gap_p95_ms", "100 asked for at once: gap between patches, p95, ms", 150),
    Budget("burst_first_p95_ms", "100 asked for at once: send to first text, p95, ms", 1000),
    Budget("idle_kb", "1,000 idle sockets: memory of each, kB", 60),
    Budget("idle_tasks_left", "1,000 idle sockets: tasks left when they have gone", 0),
    *(Budget(f"churn_{name}", f"10,000 connects and disconnects: {title} more", limit) for name, title, limit in LEFT),
    Budget("mixed_wrong", "mixed use: replies not complete or out of order", 0),
    *(Budget(f"mixed_{name}", f"mixed use: {title} more", limit) for name, title, limit in LEFT),
)
