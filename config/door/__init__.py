"""What stands between the web server and Django's threads, so that no client can occupy one by being slow.

A request is read whole, and bounded, on the event loop (`bodies`); then one of `WEB_THREADS` threads answers it
(`threads`), and the loop sends the answer. Threads, and the connections to the database that they keep, are few;
sockets that stand still are many and cost some kilobytes each. `GET /healthz` is answered by the loop itself,
`/readyz` by a thread of its own.

A view can hear that its client has hung up: `request.META["door.hang_up"]` is a `hang_up.HangUp`, absent where another
server than ours called (Django's test client). For example, to cancel the statement that runs:

    hang_up = request.META.get("door.hang_up")
    with hang_up.calling(cancel) if hang_up else nullcontext():
        ...

`cancel` is called at most once, within about two seconds, from a thread of the door's, only while the block runs, and
the end of the block waits for it. A client that is gone before its request has got a thread is not answered at all.

An answer that streams (`StreamingHttpResponse`, `FileResponse`) holds no thread while its client reads: each part of it
is made by whichever thread is free, once the last part has been taken. So what is streamed must not be bound to a
thread: no open transaction, no cursor of a server, no thread-local; a page of rows a statement is right.
"""
