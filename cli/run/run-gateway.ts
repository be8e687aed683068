export async function runGateway(dir: string): Promise<void> { void dir }
