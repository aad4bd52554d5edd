"""Static functions of ceval.c that bodies call, and the wrappers through which other files reach them.

Python/jit_ceval_exports.c.h, included at the end of ceval.c, defines the wrappers.
"""

from __future__ import annotations

CEVAL_EXPORTS = {
    "import_name": "_PyJit_import_name",
    "import_from": "_PyJit_import_from",
    "check_args_iterable": "_PyJit_check_args_iterable",
    "_PyEvalFramePushAndInit_Ex": "_PyJit_EvalFramePushAndInit_Ex",
    "do_raise": "_PyJit_do_raise",
    "monitor_reraise": "_PyJit_monitor_reraise",
}
