"""The stencil builder: from the generated C bodies to jit_stencils.h (InternalDocs/stencils.md)."""
