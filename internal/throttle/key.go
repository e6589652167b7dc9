package throttle

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
)

// Key names a bucket: its kind, at most 20 ASCII characters, a colon, and a hash of all parts. The hash bounds the length to 64
// characters and keeps addresses out of plain sight; it hides nothing from who can guess them.
func Key(kind string, parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		// With its length in front no part can run into the next.
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return kind + ":" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// AddressPart is what counts as one address: an IPv4 address, also when written as IPv6, or the /64 of an IPv6
// address, which is what one customer has at least. Whatever is no address counts as one and the same.
func AddressPart(ip string) string { return prefixOf(ip, 64) }

// networkPart is what counts as one network: as AddressPart, but the /48 of an IPv6 address, since
// a customer may have that many addresses for the asking.
func networkPart(ip string) string { return prefixOf(ip, 48) }

func prefixOf(ip string, bits int) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, _ := addr.Prefix(bits)
	return prefix.String()
}
