//! The program: see `--help` and `README.md`.

use std::io::{self, Write};
use std::process::ExitCode;

use local_aws::options::{self, Invocation, Options, USAGE};
use local_aws::run;
use local_aws::signals::Signals;

fn main() -> ExitCode {
    let (options, command) = match options::parse(std::env::args().skip(1)) {
        Ok(Invocation::Serve(options)) => (*options, None),
        Ok(Invocation::Run(options, command)) => (*options, Some(command)),
        Ok(Invocation::Help) => return print(USAGE),
        Ok(Invocation::Version) => {
            return print(concat!("local-aws ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        Err(error) => {
            complain(&format!("{error}\ntry 'local-aws --help'"));
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(serve(options, command));
            // Connections that are still open must not hold up the end.
            runtime.shutdown_background();
            result
        }
        Err(e) => Err(format!("cannot start: {e}")),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options, command: Option<Vec<String>>) -> Result<u8, String> {
    let mut signals = Signals::new(options.die_with_parent).map_err(|e| e.to_string())?;
    let running = local_aws::start(options).await?;
    match command {
        Some(command) => run::command(&running.ready, &command, &mut signals)
            .await
            .map_err(|e| format!("cannot run {}: {e}", command.first().map_or("", String::as_str))),
        None => {
            let line = format!("{}\n", running.ready.json());
            let mut out = io::stdout().lock();
            out.write_all(line.as_bytes())
                .and_then(|()| out.flush())
                .map_err(|e| format!("cannot write the ready line: {e}"))?;
            drop(out);
            signals.next().await;
            Ok(0)
        }
    }
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(text: &str) {
    // Without a stderr the exit code says it alone.
    let _ = writeln!(io::stderr(), "local-aws: {text}");
}
