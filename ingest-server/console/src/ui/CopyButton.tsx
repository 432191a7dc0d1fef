// Puts a text into the clipboard, and says so.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from './Button';

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  // Browsers give the clipboard to secure pages alone.
  if (!window.isSecureContext) return null;
  return (
    <Button
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => {
            setCopied(true);
          },
          () => {
            setCopied(false);
          },
        );
      }}
    >
      <span aria-live="polite">{copied ? t('app.copied') : label}</span>
    </Button>
  );
}
