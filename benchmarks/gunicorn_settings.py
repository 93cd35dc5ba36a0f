"""The same server for ours and for the anchor: two workers of four threads."""

workers = 2
threads = 4
worker_class = "gthread"
control_socket_disable = True
loglevel = "error"
accesslog = None
