"""The layer between the web server and Django's threads, which keeps slow clients from occupying a thread.

A request is read completely, with a size limit, on the event loop (`bodies`); then one of `WEB_THREADS` threads answers
it (`threads`), and the loop sends the answer. Threads and their database connections are few; idle sockets may be many
and cost some kilobytes each. The event loop itself answers the liveness check, a thread of its own the readiness check.

A view can learn that its client has hung up: `request.META["door.hang_up"]` is a `hang_up.HangUp`, absent under another
server (Django's test client). For example, to cancel the running statement:

    hang_up = request.META.get("door.hang_up")
    with hang_up.calling(cancel) if hang_up else nullcontext():
        ...

`cancel` is called at most once, within about two seconds, from a thread of the door, only while the block runs, and the
end of the block waits for it. If a client has gone before its request has got a thread, the request is dropped.

A streaming answer (`StreamingHttpResponse`, `FileResponse`) occupies no thread while its client reads: each part is
produced by any free thread once the client has taken the last one. So a stream must not depend on a thread: no open
transaction, server-side cursor or thread-local; read a page of rows with each statement instead.
"""
