import { fileURLToPath } from 'node:url'

/** How a document looks. Neither uses a logo or an emblem: they are not ours. */
export type ThemeName = 'neutral' | 'national'

/** Colours as `#rrggbb`; fonts by the names inside of their files; the first that has a letter shows it. */
export interface Theme {
  readonly ink: string
  readonly accent: string
  readonly tint: string
  readonly faint: string
  readonly body: { readonly ar: readonly string[]; readonly en: readonly string[] }
  readonly heading: { readonly ar: readonly string[]; readonly en: readonly string[] }
  readonly mono: readonly string[]
}

// The last of each list is for letters and signs that the others lack: Greek, Cyrillic, arrows.
const PLEX = ['IBM Plex Sans Arabic', 'Roboto']
const MONO = ['IBM Plex Mono', ...PLEX]

/** `national` has the fonts and the gold of the national design system. */
export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  neutral: {
    ink: '#1c2733',
    accent: '#1f4e6b',
    tint: '#eef3f6',
    faint: '#c3ced6',
    body: { ar: PLEX, en: PLEX },
    heading: { ar: PLEX, en: PLEX },
    mono: MONO,
  },
  national: {
    ink: '#232528',
    accent: '#7c5e24',
    tint: '#f9f7ed',
    faint: '#d7bc6d',
    body: { ar: ['Noto Kufi Arabic', ...PLEX.toReversed()], en: ['Roboto', 'Noto Kufi Arabic', ...PLEX] },
    heading: { ar: ['Alexandria', 'Inter', ...PLEX], en: ['Inter', 'Alexandria', ...PLEX] },
    mono: MONO,
  },
}

/**
 * The font files, from packages under the Open Font License: exactly the weights that the layout asks for, so that no
 * font of the machine fits better.
 */
export function fontFiles(theme: ThemeName): readonly string[] {
  const shared = [
    import.meta.resolve('@expo-google-fonts/ibm-plex-mono/400Regular/IBMPlexMono_400Regular.ttf'),
    import.meta
      .resolve('@expo-google-fonts/ibm-plex-sans-arabic/400Regular/IBMPlexSansArabic_400Regular.ttf'),
    import.meta
      .resolve('@expo-google-fonts/ibm-plex-sans-arabic/600SemiBold/IBMPlexSansArabic_600SemiBold.ttf'),
    import.meta.resolve('@expo-google-fonts/ibm-plex-sans-arabic/700Bold/IBMPlexSansArabic_700Bold.ttf'),
    import.meta.resolve('@expo-google-fonts/roboto/400Regular/Roboto_400Regular.ttf'),
  ]
  const national = [
    import.meta.resolve('@expo-google-fonts/alexandria/600SemiBold/Alexandria_600SemiBold.ttf'),
    import.meta.resolve('@expo-google-fonts/alexandria/700Bold/Alexandria_700Bold.ttf'),
    import.meta.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
    import.meta.resolve('@expo-google-fonts/inter/700Bold/Inter_700Bold.ttf'),
    import.meta.resolve('@expo-google-fonts/noto-kufi-arabic/400Regular/NotoKufiArabic_400Regular.ttf'),
  ]
  const urls = theme === 'neutral' ? shared : [...shared, ...national]
  return urls.map((url) => fileURLToPath(url))
}
