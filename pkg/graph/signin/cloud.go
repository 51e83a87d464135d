package signin

import (
	"fmt"
	"slices"
	"strings"
)

// Cloud is one of Microsoft's clouds. Each has its own hosts, and a token of
// one is worth nothing in another (Graph docs, deployments).
type Cloud string

// The clouds. GCC is in Global.
const (
	Global   Cloud = "global"
	USGov    Cloud = "usgov"    // GCC High, L4
	USGovDoD Cloud = "usgovdod" // DoD, L5
	China    Cloud = "china"    // operated by 21Vianet
)

// Clouds returns all of them.
func Clouds() []Cloud { return []Cloud{Global, USGov, USGovDoD, China} }

// ParseCloud reads the name of a cloud; empty is Global.
func ParseCloud(name string) (Cloud, error) {
	if name == "" {
		return Global, nil
	}
	cloud := Cloud(strings.ToLower(name))
	if !slices.Contains(Clouds(), cloud) {
		return "", fmt.Errorf("%w: unknown cloud %q: use global, usgov, usgovdod or china", ErrConfig, name)
	}
	return cloud, nil
}

// hosts returns where to sign in, which other hosts of the sign-in service it
// may refer to, and where Graph is.
func (c Cloud) hosts() (authority string, logins []string, graph string) {
	switch c {
	case USGov:
		return "login.microsoftonline.us", nil, "graph.microsoft.us"
	case USGovDoD:
		return "login.microsoftonline.us", nil, "dod-graph.microsoft.us"
	case China:
		return "login.chinacloudapi.cn", []string{"login.partner.microsoftonline.cn"}, "microsoftgraph.chinacloudapi.cn"
	default:
		return "login.microsoftonline.com", []string{"login.microsoft.com", "login.windows.net"}, "graph.microsoft.com"
	}
}

// DeletesPermanently says whether the cloud has permanentDelete: the global one
// alone does (Graph docs, contact-permanentdelete; its schema).
func (c Cloud) DeletesPermanently() bool { return c == Global }

// OutlookOnly says whether the cloud has neither To Do nor master categories:
// they are absent from its schema.
func (c Cloud) OutlookOnly() bool { return c == China }
