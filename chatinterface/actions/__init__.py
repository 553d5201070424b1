"""The actions of a page: POSTs that change something. What changed comes by the socket."""
