"""sys.monitoring switched on and off in mid-loop: lines, calls, branches, jumps, local events, DISABLE."""

import sys

monitoring = sys.monitoring
TOOL = 4


def callee(x):
    if x % 2:
        return x
    return -x


def loop(count, hooks):
    total = 0
    for i in range(count):
        total += callee(i)
        if i in hooks:
            hooks[i]()
    return total


def run():
    events = monitoring.events
    seen = {}

    def note(name):
        def handler(code, *rest):
            if code in (callee.__code__, loop.__code__):
                key = (name, code.co_name)
                seen[key] = seen.get(key, 0) + 1

        return handler

    def once(code, line):
        seen["once"] = seen.get("once", 0) + 1
        return monitoring.DISABLE

    monitoring.use_tool_id(TOOL, "programs")
    try:
        monitoring.register_callback(TOOL, events.LINE, note("line"))
        monitoring.register_callback(TOOL, events.PY_START, note("start"))
        monitoring.register_callback(TOOL, events.PY_RETURN, note("return"))
        monitoring.register_callback(TOOL, events.JUMP, note("jump"))
        monitoring.register_callback(TOOL, events.CALL, note("call"))

        def local_lines():
            monitoring.register_callback(TOOL, events.LINE, once)
            monitoring.set_local_events(TOOL, callee.__code__, events.LINE)

        hooks = {
            1500: lambda: monitoring.set_events(TOOL, events.PY_START | events.PY_RETURN | events.JUMP),
            1510: lambda: monitoring.set_events(TOOL, events.LINE | events.CALL),
            1520: lambda: monitoring.set_events(TOOL, 0),
            3000: local_lines,
            3200: lambda: monitoring.set_local_events(TOOL, callee.__code__, 0),
            3300: monitoring.restart_events,
        }
        total = loop(5000, hooks)
    finally:
        monitoring.set_events(TOOL, 0)
        monitoring.set_local_events(TOOL, callee.__code__, 0)
        for event in (events.LINE, events.PY_START, events.PY_RETURN, events.JUMP, events.CALL):
            monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)
    return total, sorted((str(key), value) for key, value in seen.items())


# result: digest(run()) == 'acff041a8cb52697'
