"""What closer looks at small objects gain, and what they cost.

What does not belong here: choosing windows (`edge-agent/src/closeup`).
"""
