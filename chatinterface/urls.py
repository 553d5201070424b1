from django.urls import path

from chatinterface import actions, views

app_name = "chatinterface"

CONVERSATION = "<slug:name>/c/<uuid:uuid>/"

urlpatterns = [
    path("<slug:name>/", views.new, name="chat"),
    path(CONVERSATION, views.conversation, name="conversation"),
    path(CONVERSATION + "log/", views.log, name="log"),
    path(CONVERSATION + "m/<int:message>/", views.message, name="message"),
    path(CONVERSATION + "send/", actions.send, name="send"),
    path(CONVERSATION + "stop/", actions.stop, name="stop"),
    path(CONVERSATION + "m/<int:message>/retry/", actions.retry, name="retry"),
]
