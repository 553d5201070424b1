from django.urls import path

from chatinterface.actions import asking, flagging, reading, responding, saved, sharing, talking, uploading, versions
from chatinterface.views import copying, documents, editing, examples, files, history, outputs, pages, tables
from chatinterface.views import sharing as shared

app_name = "chatinterface"

CONVERSATION = "<slug:name>/c/<uuid:uuid>/"

urlpatterns = [
    path("<slug:name>/", pages.new, name="chat"),
    path("<slug:name>/history/", history.index, name="history"),
    path("<slug:name>/history/<uuid:uuid>/", history.row, name="history-item"),
    path("<slug:name>/import/", saved.bring, name="import"),
    path("<slug:name>/examples/<int:index>/<int:number>/<str:filename>", examples.file, name="example"),
    path(CONVERSATION, pages.conversation, name="conversation"),
    path(CONVERSATION + "log/", pages.log, name="log"),
    path(CONVERSATION + "m/<int:message>/", pages.message, name="message"),
    path(CONVERSATION + "m/<int:message>/p/<slug:part>/", pages.part, name="part"),
    path(CONVERSATION + "f/<uuid:file>/", files.file, name="file"),
    path(CONVERSATION + "upload/<uuid:file>/", uploading.upload, name="upload"),
    path(CONVERSATION + "upload/<uuid:file>/remove/", uploading.remove, name="remove-upload"),
    path(CONVERSATION + "f/<uuid:file>/document/", documents.document, name="document"),
    path(CONVERSATION + "f/<uuid:file>/rows/", tables.rows, name="rows"),
    path(CONVERSATION + "f/<uuid:file>/rows.csv", tables.download, name="download"),
    path("-/<slug:name>/<str:version>.js", documents.library, name="library"),
    path(CONVERSATION + "send/", talking.send, name="send"),
    path(CONVERSATION + "stop/", talking.stop, name="stop"),
    path(CONVERSATION + "m/<int:message>/rerun/", versions.rerun, name="rerun"),
    path(CONVERSATION + "prompt/<uuid:prompt>/", asking.answer, name="answer"),
    path(CONVERSATION + "m/<int:message>/react/", responding.react, name="react"),
    path(CONVERSATION + "m/<int:message>/option/", responding.choose, name="option"),
    path(CONVERSATION + "m/<int:message>/text/", copying.message, name="message-text"),
    path(CONVERSATION + "m/<int:message>/copied/", reading.copied, name="copied"),
    path(CONVERSATION + "m/<int:message>/selected/", reading.selected, name="selected"),
    path(CONVERSATION + "outputs/", outputs.outputs, name="outputs"),
    path(CONVERSATION + "text/", copying.conversation, name="text"),
    path(CONVERSATION + "m/<int:message>/editor/", editing.editor, name="editor"),
    path(CONVERSATION + "m/<int:message>/edit/", versions.edit, name="edit"),
    path(CONVERSATION + "m/<int:message>/show/", versions.show, name="show"),
    path(CONVERSATION + "undo/", versions.undo, name="undo"),
    path(CONVERSATION + "clear/", versions.clear, name="clear"),
    path(CONVERSATION + "revert/", versions.revert, name="revert"),
    path(CONVERSATION + "links/", shared.links, name="links"),
    path(CONVERSATION + "share/", sharing.share, name="share"),
    path(CONVERSATION + "links/<str:token>/revoke/", sharing.revoke, name="revoke"),
    path("<slug:name>/s/<str:token>/", shared.shared, name="shared"),
    path("<slug:name>/s/<str:token>/f/<uuid:file>/", shared.file, name="shared-file"),
    path(CONVERSATION + "m/<int:message>/flag/", flagging.flag, name="flag"),
    path(CONVERSATION + "rename/", saved.rename, name="rename"),
    path(CONVERSATION + "pin/", saved.pin, name="pin"),
    path(CONVERSATION + "archive/", saved.archive, name="archive"),
    path(CONVERSATION + "see/", saved.see, name="see"),
    path(CONVERSATION + "delete/", saved.delete, name="delete"),
    path(CONVERSATION + "restore/", saved.restore, name="restore"),
    path(CONVERSATION + "export/markdown/", history.export, {"format": "markdown"}, name="export-markdown"),
    path(CONVERSATION + "export/json/", history.export, {"format": "json"}, name="export-json"),
]
