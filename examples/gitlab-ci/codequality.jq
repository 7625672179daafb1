# The JSON report of pci-audit -> GitLab's code-quality report: one entry for each fail and each unknown that no waiver covers.
#   jq -f codequality.jq report.json > gl-code-quality-report.json
# Cloud resources stand in no file, and GitLab wants one: the path is that of the SARIF report, aws/ACCOUNT/REGION/KIND/NAME, line 1.

def severity: {critical: "blocker", high: "critical", medium: "major", low: "minor", advisory: "info"}[.];
# One line without hidden characters, of a length that people read.
def line: gsub("[\\p{C}\\p{Zl}\\p{Zp}]+"; " ") | if length > 500 then .[:499] + "…" else . end;
# jq up to 1.6 leaves !*'() as they are, later ones do not.
def encoded: @uri | gsub("!"; "%21") | gsub("[*]"; "%2A") | gsub("'"; "%27") | gsub("[(]"; "%28") | gsub("[)]"; "%29");
# A folder is never empty, and never the one above.
def folder: if . == "" then "-" else encoded | if test("^\\.+$") then gsub("\\."; "%2E") else . end end;

[
  .findings[]
  | select(.verdict == "fail" or .verdict == "unknown")
  | select(.waiver == null or .waiver.expired or (.waiver.outgrown // []) != [])
  | {
      description: ((if .verdict == "unknown" then "could not be read: " else "" end) + .message | line),
      check_name: .rule,
      fingerprint,
      severity: (.severity | severity),
      location: {
        path: (["aws", (.resource | .account, .region, .kind, (if .name | test("^\\s*$") then .arn else .name end) | folder)] | join("/")),
        lines: {begin: 1}
      }
    }
]
