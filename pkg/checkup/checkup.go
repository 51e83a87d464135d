// Package checkup judges whether everything is there that a run needs: how the
// app signs in, what it was granted, which mailboxes it reaches, the clock and
// the disk.
//
// It promises that each finding says what was looked at and how it stands, that
// what is missing comes with lines that put it right, and that nothing that
// could be looked at and was not is called well. It changes nothing, and it
// gets to see no secret and no token.
package checkup

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is how one thing stands.
type State string

// The states.
const (
	Well    State = "ok"
	Note    State = "note"    // works, and is worth knowing
	Missing State = "missing" // something will not work
	Danger  State = "danger"  // more is possible than was meant
	Unseen  State = "unseen"  // could not be looked at
)

// Finding is one thing that was looked at.
type Finding struct {
	Check string   `json:"check"`
	State State    `json:"state"`
	Text  string   `json:"text"`
	Fix   []string `json:"fix,omitempty"` // lines to copy
}

// Bad says whether one of the findings is no good.
func Bad(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool {
		return f.State == Missing || f.State == Danger || f.State == Unseen
	})
}

// App is how the program signs in, without anything secret.
type App struct {
	// Sandbox excludes all that follows but Tenant and Client.
	Sandbox bool
	// Variables are the names of those that are set.
	Variables       []string
	Tenant, Client  string
	CertificateFile string
	// From and Until bound the certificate's life.
	From, Until time.Time
	// Cloud, Login and Graph are names: of the cloud and of its hosts.
	Cloud, Login, Graph string
}

// soon is how long before its end a certificate is worth a word.
const soon = 30 * 24 * time.Hour

// Credential says which credential is used, and whether it is in its time.
func (a App) Credential(now time.Time) Finding {
	f := Finding{Check: "credential", State: Well}
	from := ", from " + strings.Join(a.Variables, ", ")
	switch {
	case a.Sandbox:
		f.Text = "that of a sandbox on this machine; no real credential is used"
	case a.CertificateFile == "":
		f.Text = "a client secret" + from + "; its end is known to Entra alone: a certificate is better for a scheduled task"
	case now.Before(a.From):
		f.State, f.Text = Missing, "the certificate "+a.CertificateFile+from+" is valid only from "+day(a.From)+": look at this machine's clock"
	case !now.Before(a.Until):
		f.State, f.Text, f.Fix = Missing, "the certificate "+a.CertificateFile+from+" expired on "+day(a.Until), newCertificate()
	case a.Until.Sub(now) < soon:
		f.State, f.Text, f.Fix = Note, fmt.Sprintf("the certificate %s%s expires on %s, in %d days", a.CertificateFile, from, day(a.Until), int(a.Until.Sub(now)/(24*time.Hour))), newCertificate()
	default:
		f.Text = "the certificate " + a.CertificateFile + from + ", valid until " + day(a.Until)
	}
	return f
}

// Where says which cloud is talked to.
func (a App) Where() Finding {
	text := a.Cloud + ": sign-in at " + a.Login + ", Graph at " + a.Graph
	return Finding{Check: "cloud", State: Well, Text: text}
}

// NoCredential says why there is none to try.
func NoCredential(err error) Finding {
	return Finding{Check: "credential", State: Missing, Text: err.Error(), Fix: []string{
		`$env:AZURE_TENANT_ID = "<TENANT-ID>"`, `$env:AZURE_CLIENT_ID = "<CLIENT-ID>"`,
		`$env:AZURE_CLIENT_CERTIFICATE_PATH = "<FILE.pfx>"`,
	}}
}

// SignIn says whether the sign-in service takes the credential.
func SignIn(err error) Finding {
	if err == nil {
		return Finding{Check: "sign-in", State: Well, Text: "the credential is taken"}
	}
	f := Finding{Check: "sign-in", State: Missing, Text: err.Error()}
	switch {
	case strings.Contains(f.Text, "AADSTS7000215"), strings.Contains(f.Text, "AADSTS7000222"):
		f.Fix = []string{`az ad app credential reset --id $env:AZURE_CLIENT_ID --append --query password`, `$env:AZURE_CLIENT_SECRET = "<WHAT IT PRINTS>"`}
	case strings.Contains(f.Text, "AADSTS700027"):
		f.Fix = newCertificate()
	case strings.Contains(f.Text, "AADSTS700016"), strings.Contains(f.Text, "AADSTS90002"):
		f.Fix = []string{`az account show --query tenantId`, `az ad app list --display-name "<APP NAME>" --query "[].appId"`}
	}
	return f
}

func newCertificate() []string {
	return []string{
		`$cert = New-SelfSignedCertificate -Subject "CN=riva-prep" -CertStoreLocation Cert:\CurrentUser\My -NotAfter (Get-Date).AddYears(1)`,
		`Export-PfxCertificate -Cert $cert -FilePath riva-prep.pfx -Password (Read-Host -AsSecureString "Password")`,
		`Export-Certificate -Cert $cert -FilePath riva-prep.cer; certutil -encode riva-prep.cer riva-prep.pem`,
		`az ad app credential reset --id $env:AZURE_CLIENT_ID --append --cert "@riva-prep.pem"`,
	}
}

// How far a clock may be off: Entra takes assertions that are five minutes old.
const (
	slightly = time.Minute
	tooMuch  = 5 * time.Minute
)

// Clock judges how far this machine's clock is behind the service's; known is
// false where the service did not say.
func Clock(behind time.Duration, known bool) Finding {
	f := Finding{Check: "clock", State: Well}
	way := "behind"
	if behind < 0 {
		way, behind = "ahead of", -behind
	}
	switch {
	case !known:
		f.State, f.Text = Unseen, "the service did not answer, so its clock is not known"
		return f
	case behind < slightly:
		f.Text = "the same as the service's, within a minute"
		return f
	case behind < tooMuch:
		f.State = Note
	default:
		f.State = Missing
	}
	f.Text = fmt.Sprintf("this machine's is %s %s the service's; from five minutes on sign-in by certificate fails", behind.Round(time.Second), way)
	f.Fix = []string{`w32tm /resync`}
	return f
}

// roomy is free space that is worth no word.
const roomy = 1 << 30

// Store says whether backups and runs can be written; free is in bytes, negative
// where the system does not tell.
func Store(path string, free int64, err error) []Finding {
	f := Finding{Check: "store", State: Well, Text: path + " can be written to"}
	if err != nil {
		f.State, f.Text = Missing, err.Error()
		f.Fix = []string{`icacls "` + path + `"`, `riva-prep doctor --store <ANOTHER FOLDER>`}
		return []Finding{f}
	}
	disk := Finding{Check: "disk", State: Well, Text: fmt.Sprintf("%.1f GB are free", float64(free)/1e9)}
	switch {
	case free < 0:
		disk.State, disk.Text = Note, "the system does not say how much is free"
	case free < roomy:
		disk.State, disk.Text = Missing, fmt.Sprintf("%d MB are free, which is little for a backup", free/1_000_000)
		disk.Fix = []string{`riva-prep doctor --store <A FOLDER ON ANOTHER DISK>`}
	}
	return []Finding{f, disk}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
