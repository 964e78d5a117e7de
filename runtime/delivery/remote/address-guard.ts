import { BlockList, isIP, isIPv6 } from "node:net";

/** Decides which addresses requests may go to: whoever can change a DNS record must not reach what lies behind the worker. */
export interface AddressGuard {
  /** Why an IP address is closed; `undefined`: it is open. */
  refuse(address: string): string | undefined;
}

/** Never open, whatever the configuration says: what answers there gives credentials away, or is no host. */
const NEVER: readonly (readonly [subnet: string, bits: number, what: string])[] = [
  ["169.254.0.0", 16, "link-local, where clouds keep their metadata"],
  ["fe80::", 10, "link-local"],
  ["fd00:ec2::", 32, "the metadata address of AWS"],
  ["fd00:c1::", 32, "the metadata address of Oracle Cloud"],
  ["fd20:ce::", 32, "the metadata address of Google Cloud"],
  ["100.100.100.200", 32, "the metadata address of Alibaba Cloud"],
  ["168.63.129.16", 32, "the platform address of Azure"],
  ["192.0.0.0", 24, "reserved for protocols, where Oracle Cloud keeps metadata"],
  ["0.0.0.0", 8, "no host's address"],
  ["224.0.0.0", 4, "multicast"],
  ["240.0.0.0", 4, "reserved"],
  ["::", 128, "no host's address"],
  ["ff00::", 8, "multicast"],
  ["2001::", 32, "of a tunnel (Teredo), which hides another address"],
];

/** Closed unless the configuration names a network that holds them. */
const PRIVATE: typeof NEVER = [
  ["127.0.0.0", 8, "loopback"],
  ["::1", 128, "loopback"],
  ["10.0.0.0", 8, "private"],
  ["172.16.0.0", 12, "private"],
  ["192.168.0.0", 16, "private"],
  ["100.64.0.0", 10, "private (shared between customers of a provider)"],
  ["198.18.0.0", 15, "private (for benchmarks)"],
  ["fc00::", 7, "private"],
  ["fec0::", 10, "private (site-local)"],
];

function matcher(ranges: typeof NEVER): (address: string) => string | undefined {
  const lists = ranges.map(([subnet, bits, what]) => ({ list: listOf([{ subnet, bits }]), what }));
  return (address) => lists.find(({ list }) => contains(list, address))?.what;
}

function listOf(subnets: readonly { readonly subnet: string; readonly bits: number }[]): BlockList {
  const list = new BlockList();
  for (const { subnet, bits } of subnets) list.addSubnet(subnet, bits, isIPv6(subnet) ? "ipv6" : "ipv4");
  return list;
}

const contains = (list: BlockList, address: string) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");

const never = matcher(NEVER);
const isPrivate = matcher(PRIVATE);

/** Reads networks that are open, separated by commas: `10.0.0.0/8,fd12::/48`. Throws a RangeError that names the one at fault. */
export function readNetworks(text: string): { readonly subnet: string; readonly bits: number }[] {
  const parts = text.split(",").map((part) => part.trim());
  return parts
    .filter((part) => part !== "")
    .map((part) => {
      const [subnet = "", length] = part.split("/");
      const most = isIPv6(subnet) ? 128 : 32;
      const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : -1;
      if (!isIP(subnet) || subnet.includes("%") || bits < 0 || bits > most || part.split("/").length > 2) {
        throw new RangeError(`'${part}' is no network: write an address and its bits, like 10.0.0.0/8`);
      }
      return { subnet, bits };
    });
}

/** A guard that opens these networks, but for what is never open. Default: none, so that public addresses alone are open. */
export function createAddressGuard(open: ReturnType<typeof readNetworks> = []): AddressGuard {
  const opened = listOf(open);
  return {
    refuse(address) {
      const family = isIP(address);
      if (family === 0) return `'${address}' is no IP address`;
      // Zones name a link of this machine, and only link-local addresses have one.
      if (address.includes("%")) return `${address} is link-local`;
      for (const real of [address, ...embedded(address)]) {
        const forbidden = never(real);
        if (forbidden) return `${address} is ${forbidden}: such addresses are never open`;
        const closed = isPrivate(real);
        if (closed && !contains(opened, real)) {
          return `${address} is ${closed}, and no network of FIVEFOLD_SERVICE_NETWORKS holds it`;
        }
      }
      return undefined;
    },
  };
}

/** IPv4 addresses that an IPv6 address stands for: mapped, compatible, of NAT64 and of 6to4. */
function embedded(address: string): string[] {
  if (!isIPv6(address)) return [];
  const groups = groupsOf(address);
  const ipv4 = (high: number, low: number) => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const [first = 0, second = 0, third = 0] = groups;
  const [high = 0, low = 0] = groups.slice(6);
  const isZeroTo = (end: number) => groups.slice(0, end).every((group) => group === 0);
  const isLoopback = isZeroTo(7) && low <= 1;
  if (isZeroTo(5) && groups[5] === 0xffff) return [ipv4(high, low)];
  if (isZeroTo(6) && !isLoopback) return [ipv4(high, low)];
  if (isZeroTo(4) && groups[4] === 0xffff && groups[5] === 0) return [ipv4(high, low)];
  if (first === 0x64 && second === 0xff9b) return [ipv4(high, low)];
  if (first === 0x2002) return [ipv4(second, third)];
  return [];
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [before = "", after] = address.split("::");
  const read = (part: string | undefined) =>
    (part ? part.split(":") : []).flatMap((group) => {
      if (!group.includes(".")) return [Number.parseInt(group, 16)];
      const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
      return [a * 256 + b, c * 256 + d];
    });
  const [left, right] = [read(before), read(after)];
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
