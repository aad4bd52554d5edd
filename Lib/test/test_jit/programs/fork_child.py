"""A process forks in the middle of a hot loop; both sides go on and agree."""

import os


def step(x, i):
    return (x * 31 + i) % 1000003


def loop(count, at):
    x, pid, read = 1, None, None
    for i in range(count):
        x = step(x, i)
        if i == at:
            read, write = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(read)
                read = write
            else:
                os.close(write)
    return x, pid, read


def run():
    answers = []
    for at in (10, 2500):
        x, pid, fd = loop(5000, at)
        if pid == 0:
            try:
                os.write(fd, str(x).encode())
            finally:
                os._exit(0)
        with os.fdopen(fd, "rb") as stream:
            answers.append((x, int(stream.read()) == x))
        answers.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return answers


# result: run() == [(872769, True), 0, (872769, True), 0]
