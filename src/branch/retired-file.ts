/** A file of this name in the state folder of a branch says that it was retired: whoever keeps it running stops doing so. */
export const RETIRED_FILE = 'retired.json'
