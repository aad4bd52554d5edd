"""Coroutines driven by hand and by a small scheduler: await chains, results, exceptions, cancellation."""

import types


@types.coroutine
def pause(value):
    reply = yield value
    return reply


async def leaf(n):
    return n + await pause(n)


async def branch(n):
    return await leaf(n) + await leaf(n + 1)


async def worker(name, rounds, log):
    total = 0
    try:
        for i in range(rounds):
            total += await branch(i)
    except RuntimeError as error:
        log.append((name, str(error)))
        total = -total
    finally:
        log.append((name, total))
    return total


def drive(coroutine):
    value = None
    while True:
        try:
            asked = coroutine.send(value)
        except StopIteration as stop:
            return stop.value
        value = asked % 7


def schedule(tasks):
    results = []
    queue = [(task, None) for task in tasks]
    turn = 0
    while queue:
        task, value = queue.pop(0)
        turn += 1
        try:
            if turn == 3000:
                asked = task.throw(RuntimeError("stop"))
            else:
                asked = task.send(value)
        except StopIteration as stop:
            results.append(stop.value)
        else:
            queue.append((task, asked % 5))
    return results


def run():
    log = []
    single = drive(worker("single", 1200, log))
    many = schedule([worker(str(i), 400, log) for i in range(5)])
    return single, many, log


# result: digest(run()) == '6f0c0f1e1a9640a6'
