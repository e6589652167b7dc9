package config

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

var (
	// label is one part of a host name. The underscore is not in RFC 1123 but in the names that container tools give.
	label = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$`)
	// numeric is a last label that browsers read as the end of an IPv4 address (WHATWG URL, "ends in a number").
	numeric = regexp.MustCompile(`^([0-9]+|0[xX][0-9A-Fa-f]*)$`)
)

// isHostName reports whether text is a host name in ASCII and not a number.
func isHostName(text string) bool {
	labels := strings.Split(text, ".")
	for _, part := range labels {
		if !label.MatchString(part) {
			return false
		}
	}
	return len(text) <= 253 && !numeric.MatchString(labels[len(labels)-1])
}

// splitHost takes "host", "host:port" and "[IPv6]:port" apart and puts the host in its normal form:
// lower case, IPv6 compressed and in brackets. Without a port the number is 0. The last result is the fault, or "".
func splitHost(text string) (host string, port int, what string) {
	if strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		return "", 0, "has a host outside ASCII (its xn-- form is needed)"
	}
	host, rest := strings.ToLower(text), ""
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		host, rest = host[:at], host[at:]
	}
	if rest != "" {
		number, err := strconv.ParseUint(rest[1:], 10, 16)
		if err != nil || number == 0 {
			return "", 0, "has a port that is not a number from 1 to 65535"
		}
		port = int(number)
	}
	inner, closed := strings.CutSuffix(host, "]")
	inner, opened := strings.CutPrefix(inner, "[")
	address, err := netip.ParseAddr(inner)
	switch {
	case opened != closed, opened && (err != nil || !address.Is6() || address.Zone() != ""):
		return "", 0, "has a malformed IPv6 address"
	case opened:
		return "[" + address.String() + "]", port, ""
	case err == nil && address.Is4(), isHostName(host):
		return host, port, ""
	}
	return "", 0, "has a malformed host"
}

func allowedHost(entry string) (string, *flaw) {
	if strings.Contains(entry, "://") {
		return "", &flaw{entry, "has a scheme"}
	}
	host, port, what := splitHost(entry)
	switch {
	case what != "":
		return "", &flaw{entry, what}
	case port != 0:
		return host + ":" + strconv.Itoa(port), nil
	}
	return host, nil
}

func bindAddress(field func(*draft) *string) kind {
	return checked("an IP address without brackets, or a host name of this machine; the port goes into PORT",
		func(value string) (string, *flaw) {
			if _, err := netip.ParseAddr(value); err == nil || isHostName(value) {
				return value, nil
			}
			return "", &flaw{value, "is not an address"}
		}, field)
}

// listenAddress takes a host, which may be empty, and a port, of which 0 takes any free one.
func listenAddress(field func(*draft) *string) kind {
	return checked("host:port with an IP address (IPv6 in brackets) or a host name of this machine, such as 127.0.0.1:9464; an empty host means every interface",
		func(value string) (string, *flaw) {
			host, port, err := net.SplitHostPort(value)
			if err != nil {
				return "", &flaw{value, "is not host:port"}
			}
			if _, err := strconv.ParseUint(port, 10, 16); err != nil {
				return "", &flaw{value, "has a port that is not a number from 0 to 65535"}
			}
			if _, err := netip.ParseAddr(host); err != nil && host != "" && !isHostName(host) {
				return "", &flaw{value, "has a malformed host"}
			}
			return value, nil
		}, field)
}

func postgresHost(field func(*draft) *string) kind {
	return checked("a host name, an IP address or the folder of a Unix socket; the port goes into POSTGRES_PORT",
		func(value string) (string, *flaw) {
			bare := strings.TrimSuffix(strings.TrimPrefix(value, "["), "]")
			if strings.HasPrefix(value, "/") || isHostName(value) {
				return value, nil
			}
			if _, err := netip.ParseAddr(bare); err == nil {
				return bare, nil
			}
			return "", &flaw{value, "is not a host"}
		}, field)
}

func cookieDomain(field func(*draft) *string) kind {
	return checked("a host name without scheme and port, such as example.com",
		func(value string) (string, *flaw) {
			name := strings.TrimPrefix(value, ".")
			_, notAddress := netip.ParseAddr(strings.Trim(name, "[]"))
			switch {
			case strings.Contains(name, "://"):
				return "", &flaw{value, "has a scheme"}
			case notAddress == nil:
				return "", &flaw{value, "is an IP address"}
			case strings.Contains(name, ":"):
				return "", &flaw{value, "has a port"}
			case strings.EqualFold(name, "localhost"):
				return "", &flaw{value, "is not accepted by browsers as a Domain"}
			case !isHostName(name):
				return "", &flaw{value, "is not a host name"}
			}
			return strings.ToLower(name), nil
		}, field)
}

func proxies(field func(*draft) *[]netip.Prefix) kind {
	return list("IP addresses or networks separated by commas, such as 10.0.0.7 or 10.0.0.0/8", network, field)
}

// network reads an address or a CIDR range. IPv4 in IPv6 form becomes IPv4, since that is how peers appear.
func network(entry string) (netip.Prefix, *flaw) {
	prefix, err := netip.ParsePrefix(entry)
	if err != nil {
		address, err := netip.ParseAddr(entry)
		if err != nil || address.Zone() != "" {
			return prefix, &flaw{entry, "is neither an IP address nor a network"}
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), nil
}
