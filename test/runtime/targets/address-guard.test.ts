import { describe, expect, test } from "vitest";
import { createAddressGuard, readNetworks } from "../../../runtime/delivery/remote/address-guard.ts";

const closed = createAddressGuard();
/** As open as it can be configured. */
const open = createAddressGuard(readNetworks("0.0.0.0/0,::/0"));

describe("never open, whatever the configuration says", () => {
  test.each([
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "2001:0:1234::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fd00:ec2::254",
    "fd00:c1::a9fe:a9fe",
    "fd20:ce::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",
    "::",
    "::ffff:0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "localhost",
    "",
  ])("%s", (address) => expect(open.refuse(address)).toBeTypeOf("string"));
});

describe("closed until a network holds it", () => {
  test.each([
    "127.0.0.1",
    "127.255.255.255",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "fd12:3456::1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
  ])("%s", (address) => {
    expect(closed.refuse(address)).toMatch("FIVEFOLD_SERVICE_NETWORKS");
    expect(open.refuse(address)).toBeUndefined();
  });

  test("by exactly that network", () => {
    const guard = createAddressGuard(readNetworks("10.1.0.0/16, 127.0.0.1, fd12::/48"));
    const addresses = ["10.1.255.255", "10.2.0.0", "127.0.0.1", "127.0.0.2", "fd12::1", "fd13::1", "::ffff:10.1.0.1"];
    expect(addresses.filter((address) => guard.refuse(address) === undefined)).toEqual([
      "10.1.255.255",
      "127.0.0.1",
      "fd12::1",
      "::ffff:10.1.0.1",
    ]);
  });
});

test.each(["1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "64:ff9b::101:101"])("public: %s", (address) =>
  expect(closed.refuse(address)).toBeUndefined(),
);

test.each(["10.0.0.0/33", "10.0.0", "a", "10.0.0.0/8/8", "::1/129", "10.0.0.0/-1", "fe80::%eth0/10", "10.0.0.0/"])(
  "no network: %s",
  (text) => expect(() => readNetworks(text)).toThrow(`'${text}' is no network`),
);
