# The feed → GitHub issues (REST API): how to find the issue, and what it must hold. Names are AWS's users' to choose, so they stand in code: there no
# mention, link or HTML comes to life.
def code: gsub("`"; "'") | gsub("\\s+"; " ") | "`\(.)`";
def block: gsub("`"; "'") | "\n```\n\(.)\n```\n";
.finding as $f
| "pci-audit:\(.ticket_key)" as $mark
| {
    label: $mark,
    comment: "\(.type) at \(.at)\(if .resolution then ": " + .resolution else "" end)\(if .changed != [] then ": " + (.changed | join(", ")) else "" end)",
    issue: {
      title: ("\($f.title): \($f.resource.name)" | gsub("[`@#<>\\s]+"; " ") | .[:250]),
      state: (if .type == "resolved" then "closed" else "open" end),
      labels: ["pci-audit", $mark, "severity:\($f.severity)", (if $f.waiver and ($f.waiver.expired | not) and ($f.waiver.outgrown // []) == [] then "waived" else empty end)],
      body: ([
        ($f.message | code), "",
        "| | |", "|---|---|",
        "| rule | \($f.rule | code) |",
        "| resource | \($f.resource.arn | gsub("\\|"; "/") | code) |",
        "| severity | \($f.severity) |",
        "| verdict | \($f.verdict) |",
        ($f.requirements | to_entries[] | "| \(.key) | \(.value | join(", ")) |"),
        "| first seen | \(.first_seen) |",
        (if $f.waiver then "| waived | until \($f.waiver.expires), \($f.waiver.reference | gsub("\\|"; "/") | code) |" else empty end),
        ($f.remediation // empty | block)
      ] | join("\n") | .[:60000])
    }
  }
