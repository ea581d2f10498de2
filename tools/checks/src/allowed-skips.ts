// Tests that CI may skip: part of a full name, and above it the reason.

export const allowedSkips: readonly string[] = [];
