/* What the register allocator (Python/jit/machine/regalloc.c) puts between the operations of a trace: bodies in the form the
 * generator gives trace operations.  Tools/jit/stencils/variants.py lists them with their operands.
 *
 * JIT_LOAD_CELL and JIT_STORE_CELL reach the cells on the machine stack; cell numbers are holes. */

JIT_TRACE_OP(MOVE_GENERAL)
{
    int64_t v = JIT_ARG_I64(0);
    JIT_RESULT_I64(v);
    JIT_NEXT();
}

JIT_TRACE_OP(MOVE_FLOAT)
{
    double v = JIT_ARG_F64(0);
    JIT_RESULT_F64(v);
    JIT_NEXT();
}

JIT_TRACE_OP(SPILL_GENERAL)
{
    JIT_STORE_CELL(_JIT_CELL, JIT_ARG_I64(0));
    JIT_NEXT();
}

JIT_TRACE_OP(SPILL_FLOAT)
{
    JIT_STORE_CELL_FLOAT(_JIT_CELL, JIT_ARG_F64(0));
    JIT_NEXT();
}

JIT_TRACE_OP(RELOAD_GENERAL)
{
    int64_t v;
    JIT_LOAD_CELL(v, _JIT_CELL);
    JIT_RESULT_I64(v);
    JIT_NEXT();
}

JIT_TRACE_OP(RELOAD_FLOAT)
{
    double v;
    JIT_LOAD_CELL_FLOAT(v, _JIT_CELL);
    JIT_RESULT_F64(v);
    JIT_NEXT();
}

JIT_TRACE_OP(KONST_GENERAL)
{
    JIT_RESULT_I64(JIT_POOL_GENERAL);
    JIT_NEXT();
}

JIT_TRACE_OP(KONST_FLOAT)
{
    JIT_RESULT_F64(JIT_POOL_FLOAT);
    JIT_NEXT();
}

JIT_TRACE_OP(MOVE_CELL)
{
    int64_t v;
    JIT_LOAD_CELL(v, _JIT_CELL);
    JIT_STORE_CELL(_JIT_CELL_TO, v);
    JIT_NEXT();
}

JIT_TRACE_OP(LEAVE)
{
    JIT_SIDE_EXIT();
}

JIT_TRACE_OP(KONST_CELL)
{
    int64_t v = (int64_t)JIT_POOL_GENERAL;
    JIT_STORE_CELL(_JIT_CELL, v);
    JIT_NEXT();
}
