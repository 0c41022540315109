"""The API's own documents."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

urlpatterns = [
    path("openapi-3.1.json", SpectacularJSONAPIView.as_view(), name="openapi-3.1"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="openapi-3.1"), name="api-docs"),
]
