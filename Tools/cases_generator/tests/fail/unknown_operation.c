macro(TWICE) = _ADD + _SUBTRACT;
