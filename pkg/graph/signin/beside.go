package signin

import (
	"net/url"
	"slices"
	"strings"
)

// exchange returns the hosts at which Exchange Online takes uploads and imports
// (Graph docs, outlook-large-attachments and mailbox-createimportsession). The
// docs name those of the global cloud; the others are Outlook's own hosts there,
// of which no document says that they take uploads. A wrong one refuses.
func (c Cloud) exchange() []string {
	switch c {
	case USGov:
		return []string{"outlook.office365.us"}
	case USGovDoD:
		return []string{"outlook-dod.office365.us"}
	case China:
		return []string{"partner.outlook.cn"}
	default:
		return []string{"outlook.office.com", "outlook.office365.com"}
	}
}

// Beside says whether contents may be sent to an address that Graph handed
// out: to the cloud's Exchange, or from a sandbox to this machine, and nowhere
// else.
func (p *Place) Beside(u *url.URL) bool {
	switch {
	case u.Scheme != "https" || u.User != nil || u.Opaque != "":
		return false
	case p.sandbox:
		return ours(u.Hostname())
	}
	return slices.Contains(p.Cloud.exchange(), strings.ToLower(u.Host))
}
