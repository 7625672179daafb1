# The feed → Jira Cloud (REST API 3): how to find the issue, what it must hold, whether it is open. Argument: project.
def paragraph: {type: "paragraph", content: [{type: "text", text: .}]};
def block: {type: "codeBlock", content: [{type: "text", text: .}]};
.finding as $f
| "pci-audit-\(.ticket_key)" as $mark
| {
    jql: "project = \"\($project)\" AND labels = \"\($mark)\"",
    open: (.type != "resolved"),
    comment: "\(.type) at \(.at)\(if .resolution then ": " + .resolution else "" end)\(if .changed != [] then ": " + (.changed | join(", ")) else "" end)",
    fields: {
      project: {key: $project},
      issuetype: {name: "Bug"},
      summary: ("\($f.title): \($f.resource.name)" | gsub("\\s+"; " ") | .[:250]),
      priority: {name: ({critical: "Highest", high: "High", medium: "Medium", low: "Low", advisory: "Lowest"}[$f.severity])},
      labels: ["pci-audit", $mark, "verdict-\($f.verdict)", (if $f.waiver and ($f.waiver.expired | not) and ($f.waiver.outgrown // []) == [] then "waived" else empty end)],
      description: {
        type: "doc",
        version: 1,
        content: [
          ($f.message | paragraph),
          ("\($f.rule) on \($f.resource.arn), first seen \(.first_seen)" | paragraph),
          ("Requirements: " + ($f.requirements | to_entries | map("\(.key) \(.value | join(", "))") | join("; ")) | paragraph),
          ($f.remediation // empty | block)
        ]
      }
    }
  }
