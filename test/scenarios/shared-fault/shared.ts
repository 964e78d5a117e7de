export interface Address {
  street: string;
  location: Float64Array;
}

export const DELIVERY = { retry: { max: 2_000 } } as const;
