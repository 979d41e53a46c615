/** The names every box has under its domain besides its own: no device and no reservation may have one of them. */
export const BUILT_IN_LABELS = ['www', 'wan', 'corp', 'admin', 'lan', 'smtp', 'pop', 'localhost'] as const;
