//! What a connect did and when: one step for each stage of each of its connections, for whoever wants to see where the time
//! went or how far it came.

use crate::error::{Failure, Stage, one_line_into};
use crate::status::Status;
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A connect with credentials at hand has so many steps that meets nothing unusual.
const USUAL: usize = 8;

/// One stage on the way to one host.
#[derive(Clone)]
pub struct Step {
    /// What was done.
    pub stage: Stage,
    /// On the way to which service.
    pub service: &'static CStr,
    /// With whom, as `host:port`.
    pub peer: String,
    /// When it began, from the beginning of the connect.
    pub began: Duration,
    /// How long it took, or takes until now.
    pub took: Duration,
    /// How it ended; [`Status::InProgress`] while it is under way.
    pub status: Status,
    /// What was found out, in one line. Never a secret.
    pub finding: String,
}

/// The steps of one connect, in the order in which they began.
pub struct Trace {
    began: Instant,
    steps: Mutex<Vec<Step>>,
    /// Whether a step has been noted as the one that the connect failed at.
    has_failed: AtomicBool,
}

impl Trace {
    /// Begins now.
    pub fn new() -> Self {
        let steps = Mutex::new(Vec::with_capacity(USUAL));
        Self { began: Instant::now(), steps, has_failed: AtomicBool::new(false) }
    }

    /// The steps up to now.
    pub fn steps(&self) -> Vec<Step> {
        let now = self.began.elapsed();
        let mut steps = self.lock().clone();
        for step in &mut steps {
            if step.status == Status::InProgress {
                step.took = now.saturating_sub(step.began);
            }
        }
        steps
    }

    /// Begins a step. Gives its number.
    pub fn begin(&self, stage: Stage, service: &'static CStr, peer: &str) -> usize {
        let mut steps = self.lock();
        steps.push(Step {
            stage,
            service,
            peer: peer.to_owned(),
            began: self.began.elapsed(),
            took: Duration::ZERO,
            status: Status::InProgress,
            finding: String::new(),
        });
        steps.len() - 1
    }

    /// Notes something about a step; several notes are joined.
    pub fn found(&self, step: usize, finding: &str) {
        if let Some(step) = self.lock().get_mut(step) {
            let separator = if step.finding.is_empty() { "" } else { ", " };
            step.finding.push_str(separator);
            one_line_into(&mut step.finding, finding);
        }
    }

    /// Ends a step, unless it has ended.
    pub fn end(&self, step: usize, status: Status) {
        let now = self.began.elapsed();
        if let Some(step) = self.lock().get_mut(step).filter(|step| step.status == Status::InProgress) {
            step.took = now.saturating_sub(step.began);
            step.status = status;
        }
    }

    /// Ends the step that the connect fails at.
    pub fn fail(&self, step: usize, failure: &Failure) {
        self.found(step, &failure.message);
        self.end(step, failure.status);
        self.has_failed.store(true, Ordering::Relaxed);
    }

    /// Ends what is still under way when the connect is over. Unless that step was noted already, a failure belongs to the one
    /// whose stage it names; what else was under way was cut off, and a timeout is that of all.
    pub fn close(&self, failure: Option<&Failure>) {
        let open: Vec<(usize, Stage)> = {
            let steps = self.lock();
            let open = steps.iter().enumerate().filter(|(_, step)| step.status == Status::InProgress);
            open.map(|(number, step)| (number, step.stage)).collect()
        };
        let Some(failure) = failure else {
            open.iter().for_each(|(number, _)| self.end(*number, Status::Ok));
            return;
        };
        let named = open.iter().position(|(_, stage)| *stage == failure.stage);
        let is_known = self.has_failed.load(Ordering::Relaxed);
        for (position, (number, _)) in open.iter().enumerate() {
            if !is_known && (Some(position) == named || failure.status == Status::TimedOut) {
                self.fail(*number, failure);
            } else {
                self.end(*number, Status::Cancelled);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Step>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_ends_the_step_whose_stage_it_names_and_cuts_the_others_off() {
        let trace = Trace::new();
        let dns = trace.begin(Stage::Dns, c"A", "a:443");
        trace.found(dns, "127.0.0.1");
        trace.end(dns, Status::Ok);
        trace.begin(Stage::Tls, c"A", "a:443");
        trace.begin(Stage::Cognito, c"B", "b:443");
        trace.close(Some(&Failure::new(Status::CognitoThrottled, Stage::Cognito, "slow\ndown")));
        let steps: Vec<_> = trace.steps().into_iter().map(|step| (step.stage, step.status, step.finding)).collect();
        assert_eq!(
            steps,
            [
                (Stage::Dns, Status::Ok, "127.0.0.1".to_owned()),
                (Stage::Tls, Status::Cancelled, String::new()),
                (Stage::Cognito, Status::CognitoThrottled, "slow down".to_owned()),
            ]
        );
    }

    #[test]
    fn a_failure_that_is_known_to_be_of_one_step_is_not_that_of_another_at_the_same_stage() {
        let trace = Trace::new();
        trace.begin(Stage::Tls, c"A", "a:443");
        let failing = trace.begin(Stage::Tls, c"B", "b:443");
        let failure = Failure::new(Status::CertificateExpired, Stage::Tls, "old");
        trace.fail(failing, &failure);
        trace.close(Some(&failure));
        let steps: Vec<_> = trace.steps().into_iter().map(|step| (step.status, step.finding)).collect();
        assert_eq!(steps, [(Status::Cancelled, String::new()), (Status::CertificateExpired, "old".to_owned())]);
    }

    #[test]
    fn a_timeout_is_that_of_every_step_under_way() {
        let trace = Trace::new();
        trace.begin(Stage::Tcp, c"A", "a:443");
        trace.begin(Stage::Dns, c"B", "b:443");
        assert!(trace.steps().iter().all(|step| step.status == Status::InProgress));
        trace.close(Some(&Failure::new(Status::TimedOut, Stage::Tcp, "late")));
        assert!(trace.steps().iter().all(|step| step.status == Status::TimedOut && step.finding == "late"));
    }
}
