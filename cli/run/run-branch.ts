export async function runBranch(dir: string): Promise<void> { void dir }
