from django.urls import include, path

from benchmarks.load.gauges import gauges

urlpatterns = [path("gauges/", gauges), path("", include("project.urls"))]
