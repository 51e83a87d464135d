package item

import "strings"

const (
	// PictureProperty says whether a contact has a photo: PidLidHasPicture, by
	// the name that Graph gives named properties.
	PictureProperty = "Boolean {00062004-0000-0000-C000-000000000046} Id 0x8015"
	// MarkProperty is where a restore leaves its mark on contacts and events.
	MarkProperty = "String {7d3f1c5e-4c0b-4d0e-9a55-6f3a1f0f2b61} Name riva-prep-restored"
	// MarkApplication is the application of the linked resource that is the
	// mark on a task; the mark itself is its externalId.
	MarkApplication = "riva-prep"
)

type link struct {
	Application string `json:"applicationName"`
	External    string `json:"externalId"`
}

func (w wire) property(id string) string {
	for _, p := range w.Properties {
		if strings.EqualFold(p.ID, id) {
			return p.Value
		}
	}
	return ""
}

func (w wire) hasPhoto() bool { return strings.EqualFold(w.property(PictureProperty), "true") }

func (w wire) mark() string {
	for _, l := range w.Links {
		if l.Application == MarkApplication {
			return l.External
		}
	}
	return w.property(MarkProperty)
}
