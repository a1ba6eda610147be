"""
AgentDojo's worlds behind the guard, without a model: `make bench-agentdojo`.

A wholly hijacked agent does what the person asked and what the attacker wants, in the order the attacker likes best.
Whose step it is, is known to whoever counts and to whoever answers as a person; never to the guard.
"""
