from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedStaticFilesHandler(ASGIStaticFilesHandler):
    """Serves static files compressed. A site of your own leaves that to its web server, or to WhiteNoise."""

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        response = await super().get_response_async(request)
        return GZipMiddleware(lambda _request: response).process_response(request, response)
