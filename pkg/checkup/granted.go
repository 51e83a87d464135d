package checkup

import (
	"context"
	"errors"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/permission"
)

// Permissions holds the roles of a token against what the commands need. Inside
// is what a mailbox of the app's scope let be read; it may be empty.
func Permissions(roles, commands []string, inside Reach) []Finding {
	var all []Finding
	for _, need := range permission.Needs() {
		if need.By(commands) {
			all = append(all, judge(need, roles, inside))
		}
	}
	return all
}

func judge(need permission.Need, roles []string, inside Reach) Finding {
	f := Finding{Check: need.Role(), State: Well, Text: need.For}
	switch {
	case need.In(roles):
	case need.Confined && !need.Writes && inside.reads(need):
		f.Text += ", granted in Exchange for some mailboxes"
	case need.Confined && need.Writes && inside.any():
		f.State, f.Text = Note, need.For+": not in the token; whether Exchange grants it for some mailboxes cannot be seen without a change"
		f.Fix = []string{`Test-ServicePrincipalAuthorization -Identity $env:AZURE_CLIENT_ID -Resource <MAILBOX>`}
	default:
		f.State = Missing
		if need.Spare {
			f.State = Note
		}
		f.Text = need.For + ": not in the token; " + need.Without
		if need.Confined && inside == nil {
			f.Text += "; if Exchange grants it for some mailboxes, name one with --mailbox"
		}
		f.Fix = grant(need.Role())
	}
	return f
}

// grant are the lines that give the app a role of Graph's, by its name.
func grant(role string) []string {
	return []string{
		`Connect-MgGraph -Scopes AppRoleAssignment.ReadWrite.All, Application.Read.All`,
		`$graph = Get-MgServicePrincipal -Filter "appId eq '00000003-0000-0000-c000-000000000000'"`,
		`$app = Get-MgServicePrincipal -Filter "appId eq '$env:AZURE_CLIENT_ID'"`,
		`$role = $graph.AppRoles | Where-Object Value -eq "` + role + `"`,
		`New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -PrincipalId $app.Id -ResourceId $graph.Id -AppRoleId $role.Id`,
	}
}

// Reach is what of a mailbox could be read: nil for what could, by kind, and ""
// for what the mailbox is for. A nil map is a mailbox nobody looked at.
type Reach map[item.Kind]error

func (r Reach) reads(need permission.Need) bool {
	err, looked := r[need.Kind]
	return looked && err == nil
}

func (r Reach) any() bool {
	for _, err := range r {
		if err == nil {
			return true
		}
	}
	return false
}

// Directory finds a mailbox and gives it unopened: each of its parts is tried by
// itself, since the app may have one and not another.
type Directory interface {
	Find(ctx context.Context, name string) (mailbox.Account, error)
	At(account mailbox.Account) mailbox.Mailbox
}

// Look tries to read the folders of a mailbox and what it is for.
func Look(ctx context.Context, directory Directory, name string) (Reach, error) {
	account, err := directory.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	mb, reach := directory.At(account), Reach{}
	_, reach[""] = mb.Settings(ctx)
	for _, kind := range item.Kinds() {
		_, reach[kind] = mb.Folders(ctx, kind)
	}
	return reach, ctx.Err()
}

// Inside judges a mailbox that the app is meant to reach.
func Inside(name string, reach Reach, err error) []Finding {
	check := "inside " + name
	if err != nil {
		return []Finding{{Check: check, State: Missing, Text: err.Error()}}
	}
	var all []Finding
	for _, kind := range item.Kinds() {
		all = append(all, insideKind(check, kind, reach[kind]))
	}
	return all
}

func insideKind(check string, kind item.Kind, err error) Finding {
	f := Finding{Check: check, State: Well, Text: string(kind) + " can be read"}
	switch {
	case err == nil:
	case errors.Is(err, mailbox.ErrNotOffered):
		f.State, f.Text = Note, string(kind)+" are not to be had in this cloud: leave them out with --kinds"
	case errors.Is(err, mailbox.ErrDenied) && kind == item.Tasks:
		f.State, f.Text = Missing, "tasks cannot be read: "+err.Error()
		f.Fix = grant("Tasks.ReadWrite.All")
	case errors.Is(err, mailbox.ErrDenied):
		f.State, f.Text = Missing, string(kind)+" cannot be read: "+err.Error()
		f.Fix = []string{
			`Test-ServicePrincipalAuthorization -Identity $env:AZURE_CLIENT_ID -Resource <MAILBOX>`,
			`Add-DistributionGroupMember -Identity <GROUP OF THE SCOPE> -Member <MAILBOX>`,
		}
	default:
		f.State, f.Text = Missing, string(kind)+" cannot be read: "+err.Error()
	}
	return f
}

// Outside judges a mailbox that the app is meant not to reach. Tasks are another
// matter: nothing confines them.
func Outside(name string, reach Reach, err error) []Finding {
	check := "outside " + name
	if err != nil {
		return []Finding{{Check: check, State: Unseen, Text: "whether it is refused is not known: " + err.Error()}}
	}
	var open []string
	for _, kind := range []item.Kind{item.Contacts, item.Events} {
		switch err := reach[kind]; {
		case err == nil:
			open = append(open, string(kind))
		case !errors.Is(err, mailbox.ErrDenied):
			return []Finding{{Check: check, State: Unseen, Text: "whether it is refused is not known: " + err.Error()}}
		}
	}
	f := Finding{Check: check, State: Well, Text: "contacts and events are refused, as they should be"}
	if len(open) > 0 {
		f.State, f.Text, f.Fix = Danger, strings.Join(open, " and ")+" CAN be read although the mailbox is out of scope: the app is not confined", confine()
	}
	all := []Finding{f}
	if err, looked := reach[item.Tasks]; looked && err == nil {
		all = append(all, Finding{Check: check, State: Note, Text: "tasks can be read, as everywhere: no scope confines them; --kinds contacts,events leaves them out"})
	}
	return all
}

// confine are the lines that give the mailbox permissions in Exchange, for a group,
// instead of in Entra, for everybody.
func confine() []string {
	return []string{
		`New-ManagementScope -Name "riva-prep" -RecipientRestrictionFilter "MemberOfGroup -eq '<DISTINGUISHED NAME OF THE GROUP>'"`,
		`New-ManagementRoleAssignment -App $env:AZURE_CLIENT_ID -Role "Application Contacts.ReadWrite" -CustomResourceScope "riva-prep"`,
		`New-ManagementRoleAssignment -App $env:AZURE_CLIENT_ID -Role "Application Calendars.ReadWrite" -CustomResourceScope "riva-prep"`,
		`New-ManagementRoleAssignment -App $env:AZURE_CLIENT_ID -Role "Application MailboxSettings.ReadWrite" -CustomResourceScope "riva-prep"`,
		`# then take the same permissions away in Entra, where they are for all mailboxes:`,
		`Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId <ENTERPRISE-APP-OBJECT-ID>`,
		`Remove-MgServicePrincipalAppRoleAssignment -ServicePrincipalId <ENTERPRISE-APP-OBJECT-ID> -AppRoleAssignmentId <ID OF EACH>`,
	}
}
