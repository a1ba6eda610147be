"""
The bank assistant: AgentDojo's banking world behind the guard, replayed without a model.

Knows AgentDojo's tools and tasks, and the public interface of goldenthread. Refuses to know how the guard decides.
Invariants: an effect in the bank goes through the guard; nothing of AgentDojo is imported before a bank is opened.
Its contract, and those of AgentDojo's three other worlds, stand in `contracts/`.
"""
