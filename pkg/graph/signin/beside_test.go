package signin

import (
	"net/url"
	"testing"
)

// Contents go to the cloud's own Exchange, from a sandbox to this machine.
func TestBeside(t *testing.T) {
	places := map[string]*Place{"sandbox": {sandbox: true}}
	for _, cloud := range Clouds() {
		places[string(cloud)] = &Place{Cloud: cloud}
	}
	tests := map[string]string{ // the one place that an address is for
		"https://outlook.office.com/api/v2.0/x?authtoken=y": "global",
		"https://OUTLOOK.office365.com/api/gv1.0/x":         "global",
		"https://outlook.office365.us/api":                  "usgov",
		"https://outlook-dod.office365.us/api":              "usgovdod",
		"https://partner.outlook.cn/api":                    "china",
		"https://localhost:8443/api?authtoken=y":            "sandbox",
		"https://127.0.0.1/api":                             "sandbox",
		"https://[::1]:1/api":                               "sandbox",
		"http://localhost/api":                              "",
		"http://outlook.office.com/api":                     "",
		"https://outlook.office.com:8443/api":               "",
		"https://outlook.office.com.evil.example/api":       "",
		"https://evil.example/outlook.office.com":           "",
		"https://outlook.office.com@evil.example/api":       "",
		"https://user@outlook.office.com/api":               "",
		"https://graph.microsoft.com/v1.0":                  "",
		"https://login.microsoftonline.com/x":               "",
		"https://localhost.evil.example/api":                "",
		"https://10.0.0.1/api":                              "",
		"https:outlook.office.com/api":                      "",
		"https://outlook.office365.com.:443/api":            "",
		"https://127.0.0.1.evil.example/api":                "",
		"//outlook.office.com/api":                          "",
		"https://sub.outlook.office.com/api":                "",
	}
	if len(tests) < 20 {
		t.Fatalf("%d addresses", len(tests))
	}
	for address, want := range tests {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		for name, place := range places {
			if got := place.Beside(u); got != (name == want) {
				t.Errorf("%s: Beside(%s) = %v", name, address, got)
			}
		}
	}
}
