// The files of folders that were dropped, those of folders within them too. It is loaded with the first that is.

function files(entry) {
  return new Promise((resolve) => entry.file((file) => resolve([file]), () => resolve([])));
}

// A reader gives a hundred at a time.
async function entries(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return all;
    all.push(...some);
  }
}

export async function walk(folders) {
  const found = [];
  for (const folder of folders) {
    for (const entry of await entries(folder)) found.push(...(entry.isDirectory ? await walk([entry]) : await files(entry)));
  }
  return found;
}
