from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from project import views

urlpatterns = [
    path("", views.home, name="home"),
    path("chat/", include("chatinterface.urls")),
    path("accounts/login/", auth.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]
