"""sys.settrace and sys.setprofile switched on and off in the middle of a hot loop; events are the same each time."""

import sys


def helper(x):
    y = x + 1
    return y * 2


def run():
    events = []

    def tracer(frame, event, arg):
        if frame.f_code is helper.__code__:
            events.append((event, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_locals.get("x")))
        return tracer

    def profiler(frame, event, arg):
        if frame.f_code is helper.__code__:
            events.append(("profile " + event, arg))

    def opcodes(frame, event, arg):
        if frame.f_code is helper.__code__:
            frame.f_trace_opcodes = True
            if event == "opcode":
                events.append(event)
        return opcodes

    total = 0
    for i in range(6000):
        total += helper(i)
        if i == 2000 or i == 3500:
            sys.settrace(tracer)
        elif i == 2002 or i == 3501:
            sys.settrace(None)
        elif i == 4000:
            sys.setprofile(profiler)
        elif i == 4002:
            sys.setprofile(None)
        elif i == 5000:
            sys.settrace(opcodes)
        elif i == 5001:
            sys.settrace(None)
    return total, events


def jump_free_loop():
    return sys.gettrace()


# result: digest(run()) == '854aeb1427aef736'
