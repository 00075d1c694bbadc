//! The identity in a file: for devices that have a disk.

use crate::config::IdentityStore;
use crate::names::{Identity, IdentityPool};
use crate::sys::boot_time;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// One line: the id of the pool, a space, and that of the identity. Both have at most 55 bytes.
const LONGEST: u64 = 256;

/// Keeps one identity in a file that only its owner reads, and that is at every moment the old one or the new one.
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// Does not touch the file.
    pub fn new(path: &str) -> Self {
        Self { path: PathBuf::from(path) }
    }

    fn problem(&self, what: &str, error: &std::io::Error) -> String {
        format!("identity_file {} cannot be {what}: {error}", self.path.display())
    }

    /// A file beside it that no other process writes, and none of this one at this moment.
    fn beside(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{}-{}", std::process::id(), boot_time().as_nanos()));
        PathBuf::from(name)
    }

    fn replace(&self, line: &str, beside: &Path) -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
        file.write_all(line.as_bytes())?;
        // Without this the new name could reach the disk before the content, and a power cut leave an empty file.
        file.sync_all()?;
        std::fs::rename(beside, &self.path)?;
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The new file is in place. Not every folder can be opened or synchronised, and then the system does it later.
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
        Ok(())
    }
}

impl IdentityStore for FileStore {
    fn load(&self, pool: &IdentityPool) -> Result<Option<String>, String> {
        let mut text = String::new();
        // A FIFO is not waited for.
        match OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.problem("read", &error)),
            Ok(file) if !file.metadata().is_ok_and(|metadata| metadata.is_file()) => {
                return Err(format!("identity_file {} is no file", self.path.display()));
            }
            Ok(file) => file.take(LONGEST).read_to_string(&mut text).map_err(|error| self.problem("read", &error))?,
        };
        if text.is_empty() {
            return Ok(None);
        }
        match text.trim_end().split_once(' ') {
            Some((of, identity)) if of == pool.as_str() => Ok(Some(identity.to_owned())),
            Some((of, _)) if IdentityPool::parse("pool", of).is_ok() => Ok(None),
            _ => Err(format!("identity_file {} holds something else than an identity", self.path.display())),
        }
    }

    fn save(&self, pool: &IdentityPool, identity: &Identity) -> Result<(), String> {
        let beside = self.beside();
        let line = format!("{} {}\n", pool.as_str(), identity.as_str());
        self.replace(&line, &beside).map_err(|error| {
            let _ = std::fs::remove_file(&beside);
            self.problem("written", &error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const POOL: &str = "eu-west-1:00000000-0000-0000-0000-000000000000";
    const OTHER_POOL: &str = "eu-west-1:00000000-0000-0000-0000-000000000001";
    const IDENTITY: &str = "eu-west-1:11111111-2222-3333-4444-555555555555";

    fn pool(id: &str) -> IdentityPool {
        IdentityPool::parse("pool", id).unwrap()
    }

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("cognito-file-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        path
    }

    #[test]
    fn an_identity_is_kept_for_its_pool_in_a_file_of_the_owner() {
        let directory = directory("kept");
        let path = directory.join("identity");
        let store = FileStore::new(path.to_str().unwrap());
        let identity = Identity::parse("identity", IDENTITY).unwrap();
        assert_eq!(store.load(&pool(POOL)).unwrap(), None);
        for _ in 0..3 {
            store.save(&pool(POOL), &identity).unwrap();
        }
        assert_eq!(store.load(&pool(POOL)).unwrap().unwrap(), IDENTITY);
        assert_eq!(store.load(&pool(OTHER_POOL)).unwrap(), None);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named_and_nothing_is_left_behind() {
        let directory = directory("named");
        let path = directory.join("identity");
        let store = FileStore::new(path.to_str().unwrap());
        std::fs::write(&path, "hello\n").unwrap();
        assert!(store.load(&pool(POOL)).unwrap_err().contains("something else than an identity"));
        std::fs::write(&path, "").unwrap();
        assert_eq!(store.load(&pool(POOL)).unwrap(), None);
        assert!(FileStore::new("/dev/tty").load(&pool(POOL)).is_err());
        std::fs::write(&path, [0xff; 1000]).unwrap();
        assert!(store.load(&pool(POOL)).unwrap_err().contains("cannot be read"));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("x"), "").unwrap();
        let identity = Identity::parse("identity", IDENTITY).unwrap();
        assert!(store.save(&pool(POOL), &identity).unwrap_err().contains("cannot be written"));
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        let nowhere = FileStore::new(directory.join("no/where").to_str().unwrap());
        assert!(nowhere.save(&pool(POOL), &identity).unwrap_err().contains("no/where"));
        std::fs::remove_dir_all(directory).unwrap();
    }
}
