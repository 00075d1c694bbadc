//! What the control port puts into an open WebSocket, between two frames.

use tokio::sync::{Mutex, mpsc};

/// A queue that the session of a connection reads.
pub struct Insertions {
    put: mpsc::UnboundedSender<Vec<u8>>,
    take: Mutex<mpsc::UnboundedReceiver<Vec<u8>>>,
}

impl Default for Insertions {
    fn default() -> Insertions {
        let (put, take) = mpsc::unbounded_channel();
        Insertions { put, take: Mutex::new(take) }
    }
}

impl Insertions {
    /// Bytes to be sent as they are.
    pub fn put(&self, bytes: Vec<u8>) {
        // Fails only when the receiver is gone, which lives as long.
        let _ = self.put.send(bytes);
    }

    /// Waits for the next ones.
    pub async fn next(&self) -> Vec<u8> {
        match self.take.lock().await.recv().await {
            Some(bytes) => bytes,
            // Cannot happen: `self` owns the sender.
            None => std::future::pending().await,
        }
    }
}
