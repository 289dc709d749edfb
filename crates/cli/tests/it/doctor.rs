//! What works, what does not, and the program as shells and manuals know it.

use crate::support::{Scratch, Serving};

#[test]
fn each_thing_has_a_line_and_what_fails_says_what_to_do() {
    let scratch = Scratch::new();
    let sound = scratch.run(&["doctor", "--upstream", "replay", "--model", "gpt-5.4", "--ask"]);
    assert_eq!((sound.code, sound.err.as_str()), (Some(0), ""), "{sound:?}");
    let lines: Vec<&str> = sound.out.lines().collect();
    assert!(lines.len() == 3 && lines.iter().all(|line| line.starts_with("ok   ")), "{sound:?}");
    assert!(lines[2].starts_with("ok   gpt-5.4: answers, by 127.0.0.1:"), "{sound:?}");

    let file = "[aliases]\nfast = \"qwen\"\n[[upstream]]\nname = \"dead\"\nurl = \"http://127.0.0.1:9/v1\"\nmodels = [\"q*\"]\n\
                [[upstream]]\nname = \"replay\"\n";
    let run = scratch.run(&["doctor", "--config", &scratch.file("a.toml", file), "--ask"]);
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""), "{run:?}");
    let line = |start: &str| {
        run.out.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}\n{run:?}"))
    };
    line("ok   configuration: ");
    line("ok   replay: Responses at 127.0.0.1:");
    for name in ["dead", "qwen"] {
        assert!(
            line(&format!("FAIL {name}: ")).ends_with("is the server running, and is its address right?"),
            "{run:?}"
        );
    }
    let run = scratch.run(&["doctor", "--config", &scratch.file("a.toml", "lisen = 1")]);
    assert!(run.code == Some(1) && run.out.contains("FAIL configuration") && run.out.contains("`listen`"), "{run:?}");
}

#[test]
fn a_gateway_is_healthy_when_it_answers() {
    let scratch = Scratch::new();
    let serving = Serving::start(scratch.command(&["serve", "--upstream", "replay", "--listen", "127.0.0.1:0"]));
    let base_url = serving.base_url();
    let listen = base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    let run = scratch.run(&["healthy", "--listen", &listen]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(0), "", ""), "{run:?}");
    drop(serving);
    let run = scratch.run(&["healthy", "--listen", &listen]);
    assert!(run.code == Some(1) && run.err.contains("no gateway answers at"), "{run:?}");
}

#[test]
fn shells_and_manuals_know_every_command() {
    let scratch = Scratch::new();
    let commands = ["serve", "translate", "doctor", "config", "completions"];
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = scratch.run(&["completions", shell]);
        assert_eq!(run.code, Some(0), "{run:?}");
        for command in commands {
            assert!(run.out.contains(command), "{shell} {command}");
        }
    }
    let page = scratch.run(&["man"]);
    assert!(page.out.starts_with(".ie") || page.out.contains(".TH interlingua 1"), "{page:?}");
    for command in commands {
        assert!(page.out.contains(command), "{command}");
        let own = scratch.run(&["man", command]);
        assert!(own.code == Some(0) && own.out.contains(&format!("interlingua\\-{command}")), "{own:?}");
    }
    let run = scratch.run(&["man", "srve"]);
    assert!(run.code == Some(1) && run.err.contains("there is no command `srve`"), "{run:?}");
}
