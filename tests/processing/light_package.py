"""The beginning of programs that test a few modules in a process of their own."""

#: Makes `decloak.processing` importable by its modules alone: the package itself takes seconds to import transformers.
#: The program must run in the root of the checkout.
LIGHT_PACKAGE = """
import sys, types
import decloak
package = sys.modules["decloak.processing"] = types.ModuleType("decloak.processing")
package.__path__ = ["processing"]
"""
