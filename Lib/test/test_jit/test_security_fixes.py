"""What the interpreter tells of the fixes that were applied to the release it was built from."""

import sys
import sysconfig
import unittest


class SecurityFixesTests(unittest.TestCase):
    def test_the_module_and_sysconfig_tell_the_same(self):
        fixes = sys._jit.security_fixes()
        self.assertIsInstance(fixes, tuple)
        self.assertEqual(list(fixes), sysconfig.get_config_var("SECURITY_FIXES").split())
        self.assertEqual(bool(fixes), bool(sysconfig.get_config_var("SECURITY_FIXES_FROM")))

    def test_what_is_named_is_in(self):
        """One fix of the library, one of a C module, by what they refuse."""
        import binascii
        import http.cookies

        fixes = sys._jit.security_fixes()
        if "CVE-2026-0672" in fixes:
            with self.assertRaises(http.cookies.CookieError):
                http.cookies.Morsel().set("key", "a\x07", "a\x07")
        if "CVE-2026-3446" in fixes:
            self.assertEqual(binascii.a2b_base64(b"YQ==YQ=="), binascii.a2b_base64(b"YQYQ"))


if __name__ == "__main__":
    unittest.main()
