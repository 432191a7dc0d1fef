// Accounts and the access log: read, and changed by whoever manages them.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import {
  addAccount,
  changeAccount,
  fetchAccessLog,
  listAccounts,
  setPassword,
  type AccountChange,
  type AccountRequest,
} from '../api/accounts';

const ACCOUNTS_KEY = ['accounts'];

export function useAccounts() {
  return useQuery({ queryKey: ACCOUNTS_KEY, queryFn: listAccounts, staleTime: 0 });
}

export type AccountWish =
  | { kind: 'add'; account: AccountRequest }
  | { kind: 'change'; username: string; change: AccountChange }
  | { kind: 'password'; username: string; password: string };

export function useAccountWish() {
  const client = useQueryClient();
  return useMutation({
    async mutationFn(wish: AccountWish): Promise<void> {
      switch (wish.kind) {
        case 'add':
          await addAccount(wish.account);
          return;
        case 'change':
          await changeAccount(wish.username, wish.change);
          return;
        case 'password':
          await setPassword(wish.username, wish.password);
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: ACCOUNTS_KEY }),
  });
}

/** The access log, the newest first, older pages when they are asked for. */
export function useAccessLog() {
  return useInfiniteQuery({
    queryKey: ['access-log'],
    queryFn: ({ pageParam }) => fetchAccessLog(pageParam),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_before ?? null,
    staleTime: 0,
  });
}
