# The feed → ServiceNow, a row of an import set whose transform map coalesces on correlation_id: one POST an event, whatever the event is.
.finding as $f
| {critical: ["1", "1"], high: ["1", "2"], medium: ["2", "2"], low: ["3", "2"], advisory: ["3", "3"]}[$f.severity] as [$impact, $urgency]
| {
    correlation_id: .ticket_key,
    correlation_display: "pci-audit",
    event_id: .id,
    state: (if .type == "resolved" then "6" else "2" end),
    close_code: (if .type == "resolved" then "Solved (Permanently)" else "" end),
    close_notes: (if .type == "resolved" then "\(.resolution) at \(.at)" else "" end),
    impact: $impact,
    urgency: $urgency,
    short_description: ("\($f.title): \($f.resource.name)" | gsub("\\s+"; " ") | .[:160]),
    description: ([$f.message, "", "rule: \($f.rule)", "resource: \($f.resource.arn)", "severity: \($f.severity)", "verdict: \($f.verdict)",
      "requirements: " + ($f.requirements | to_entries | map("\(.key) \(.value | join(", "))") | join("; ")),
      "first seen: \(.first_seen)", (if $f.waiver then "waived until \($f.waiver.expires) (\($f.waiver.reference))" else empty end),
      "", ($f.remediation // empty)] | join("\n") | .[:4000])
  }
