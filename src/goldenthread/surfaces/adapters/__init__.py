"""
Adapters: the tools of an agent framework under contract, one module a framework.

Knows where each framework calls a tool and what it does with what a tool raises. Refuses to decide anything, and to
import a framework before its module is asked for. Invariants: the tool that a framework holds is the guarded one, so
no way leads round it; whatever the guard raises, the tool did not run; a call that waits for a person never looks done
to the model; the arguments that are decided are those that the framework passes.
"""
